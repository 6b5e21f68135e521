import type { Exchange } from './exchange.ts'
import { sendJson } from './exchange.ts'
import { unixSeconds } from './generate.ts'

/** `GET /v1/models`. */
export const answerModels = ({ response, settings }: Exchange): void => {
  const created = unixSeconds()
  const isOpenAi = settings.flavour === 'openai'
  const data = settings.models.map((id) => {
    if (isOpenAi) return { id, object: 'model', created, owned_by: 'openai' }
    const max_model_len = settings.maxModelLen
    const permission = [permissionOf(id, created)]
    return {
      id,
      object: 'model',
      created,
      owned_by: 'vllm',
      root: id,
      parent: null,
      max_model_len,
      permission,
    }
  })
  sendJson(response, { object: 'list', data })
}

const permissionOf = (id: string, created: number): Record<string, unknown> => ({
  id: `modelperm-${id}`,
  object: 'model_permission',
  created,
  allow_create_engine: false,
  allow_sampling: true,
  allow_logprobs: true,
  allow_search_indices: false,
  allow_view: true,
  allow_fine_tuning: false,
  organization: '*',
  group: null,
  is_blocking: false,
})
