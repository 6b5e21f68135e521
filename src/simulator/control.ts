import { sendJson, type Exchange } from './exchange.ts'
import { listOfStrings } from './fields.ts'

/** `POST /abort_requests`: all of them where no ids are given. */
export const answerAbort = ({ response, body, engine }: Exchange): void => {
  const ids = listOfStrings(body['request_ids'])
  const aborted = engine.abort(ids.length === 0 ? null : ids)
  sendJson(response, { status: 'aborted', aborted })
}

/** `POST /pause?mode=abort|wait|keep`. */
export const answerPause = async ({ response, url, engine }: Exchange): Promise<void> => {
  const mode = url.searchParams.get('mode') ?? 'abort'
  if (mode !== 'abort' && mode !== 'wait' && mode !== 'keep') {
    return sendJson(response, { error: `Invalid mode '${mode}': use abort, wait or keep.` }, 400)
  }
  await engine.pause(mode)
  sendJson(response, { status: 'paused' })
}

/** `POST /resume`. */
export const answerResume = ({ response, engine }: Exchange): void => {
  engine.resume()
  sendJson(response, { status: 'resumed' })
}

/** `GET /is_paused`. */
export const answerIsPaused = ({ response, engine }: Exchange): void =>
  sendJson(response, { is_paused: engine.isPaused })

/** `GET /load`. */
export const answerLoad = ({ response, engine }: Exchange): void => {
  const { running, waiting } = engine.counters
  sendJson(response, { server_load: running + waiting })
}

/** `GET /version`. */
export const answerVersion = ({ response, settings }: Exchange): void =>
  sendJson(response, { version: settings.version })

/** `GET /health`: says nothing but that it is there. */
export const answerHealth = ({ response }: Exchange): void => {
  response.writeHead(200, { 'content-length': 0 })
  response.end()
}
