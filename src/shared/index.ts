export {
  openStateFile,
  type StateFile,
  type StoredWorker,
  type WeightVersion,
} from './state-file.ts'
