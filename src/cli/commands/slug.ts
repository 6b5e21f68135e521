import type { Command } from 'commander'
import {
  buildProxiedBaseUrl,
  decodeMetadataSlug,
  encodeMetadataSlug,
  extractMetadataFromPath,
  SlugError,
  type Json,
  type JsonObject,
} from '../../client/index.ts'
import { isObject } from '../../plugin/index.ts'
import { fail } from '../fail.ts'
import type { Io } from '../io.ts'

interface EncodeOptions {
  readonly key?: readonly string[]
  readonly baseUrl?: string
  readonly json?: boolean
}

/** `sluice slug`: makes the metadata part of a base URL, and reads one. */
export function registerSlug(program: Command, io: Io): void {
  const slug = program.command('slug').description('make and read metadata slugs')

  slug
    .command('encode [metadata]')
    .description('make a slug of a JSON object, of keys, or of both')
    .option('-k, --key <key=value>', 'add a key with a text; key:=value takes JSON', collect)
    .option('--base-url <url>', 'print this base URL with the slug in it')
    .option('--json', 'print slug, URL and metadata as JSON')
    .action((text: string | undefined, options: EncodeOptions) => {
      withSlugErrors(io, () => encode(text, options, io))
    })

  slug
    .command('decode <slug-or-url>')
    .description('print the metadata of a slug or of a URL that holds one')
    .option('--json', 'print slug and metadata as JSON')
    .action((given: string, options: { json?: boolean }) => {
      withSlugErrors(io, () => decode(given, options.json ?? false, io))
    })
}

function encode(text: string | undefined, options: EncodeOptions, io: Io): void {
  const { key: pairs = [] } = options
  if (text === undefined && pairs.length === 0) {
    fail(io, `give the metadata as a JSON object or as -k key=value`)
  }
  const metadata = {
    ...(text === undefined ? {} : parseObject(text, io)),
    ...Object.fromEntries(pairs.map((pair) => parsePair(pair, io))),
  }
  const slug = encodeMetadataSlug(metadata)
  const url = options.baseUrl === undefined ? null : proxied(options.baseUrl, metadata, io)
  const answer = options.json ? JSON.stringify({ slug, url, metadata }) : (url ?? slug)
  io.stdout.write(`${answer}\n`)
}

function decode(given: string, json: boolean, io: Io): void {
  const found = given.includes('/meta/') ? extractMetadataFromPath(given) : null
  const slug = found?.slug ?? given
  const metadata = found?.metadata ?? decodeMetadataSlug(given)
  const answer = json ? JSON.stringify({ slug, metadata }) : JSON.stringify(metadata, null, 2)
  io.stdout.write(`${answer}\n`)
}

function parseObject(text: string, io: Io): JsonObject {
  const value = parseJson(text, (reason) => fail(io, `the metadata is not JSON: ${reason}`))
  return isObject(value) ? value : fail(io, 'the metadata is not a JSON object')
}

function parsePair(pair: string, io: Io): [string, Json] {
  const [, key, mark, value] = /^([^=]+?)(:?=)(.*)$/s.exec(pair) ?? []
  if (key === undefined || value === undefined) fail(io, `-k ${pair} is not key=value`)
  if (mark === '=') return [key, value]
  return [key, parseJson(value, (reason) => fail(io, `-k ${pair} holds no JSON: ${reason}`))]
}

function parseJson(text: string, refuse: (reason: string) => never): Json {
  try {
    return JSON.parse(text) as Json
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

function proxied(baseUrl: string, metadata: JsonObject, io: Io): string {
  if (!URL.canParse(baseUrl)) fail(io, `--base-url ${baseUrl} is not a URL`)
  return buildProxiedBaseUrl(baseUrl, metadata)
}

function withSlugErrors(io: Io, action: () => void): void {
  try {
    action()
  } catch (error) {
    if (!(error instanceof SlugError)) throw error
    fail(io, error.message)
  }
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}
