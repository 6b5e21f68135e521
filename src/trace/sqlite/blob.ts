import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** Below this, a zstd frame costs more time than it saves room. */
const THRESHOLD = 512
/** Measured on vLLM replies: level 3 saves 2 % more and takes half as long again. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/**
 * Bytes as they are stored: a zstd frame where that is smaller, else as they are. The frame's magic
 * number (RFC 8878) tells which; bytes that begin with it themselves are always put into a frame.
 */
export function packBlob(bytes: Uint8Array): Uint8Array {
  const ambiguous = isFrame(bytes)
  if (bytes.length < THRESHOLD && !ambiguous) return bytes
  const frame = zstdCompressSync(bytes, LEVEL)
  return frame.length < bytes.length || ambiguous ? frame : bytes
}

export function unpackBlob(stored: Uint8Array): Uint8Array {
  return isFrame(stored) ? zstdDecompressSync(stored) : stored
}

function isFrame(bytes: Uint8Array): boolean {
  return bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd
}
