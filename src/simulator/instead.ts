import type { ServerResponse } from 'node:http'
import { ApiError, errorBody, type ErrorShape } from './api-error.ts'
import { send } from './exchange.ts'
import type { InsteadFault } from './faults.ts'

/** Answers with a fault in place of the model. */
export const answerInstead = (
  response: ServerResponse,
  { kind, status }: InsteadFault,
  shape: ErrorShape,
  streams: boolean,
): void => {
  switch (kind) {
    case 'error':
      if (status === 429 || status === 503) response.setHeader('retry-after', '1')
      send(response, status, errorBody(failure(status), shape))
      return
    case 'reset-before-headers':
      response.socket?.resetAndDestroy()
      return
    case 'not-http':
      response.socket?.end('This is not HTTP.\r\n\r\n')
      return
    case 'garbage':
      if (streams)
        send(response, 200, 'data: {"id":"chatcmpl-\n\ndata: \u0000}{\n\n', 'text/event-stream')
      else send(response, 200, '{"id":"chatcmpl-\u0000}{')
      return
    case 'html-502':
      send(response, 502, '<html><body><h1>502 Bad Gateway</h1></body></html>\n', 'text/html')
      return
    case 'empty':
      send(response, 200, '')
      return
    case 'redirect':
      response.setHeader('location', '/v1/elsewhere')
      send(response, 307, '')
      return
    case 'stall-before-headers':
  }
}

const failure = (status: number): ApiError => {
  if (status === 429) {
    const message = 'Rate limit reached for requests'
    return new ApiError(429, 'RateLimitError', message, null, 'rate_limit_exceeded')
  }
  const type = status >= 500 ? 'InternalServerError' : 'BadRequestError'
  return new ApiError(status, type, `The simulator was told to fail with ${status}.`)
}
