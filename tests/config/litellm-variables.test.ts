import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { readConfig, loadConfig } from '../../src/config/index.ts'
import { fault, loaded, warningsOf, written } from './written.ts'

describe('environment_variables', () => {
  test('are there for the rest of the file, over those of the process, and never get into it', (t) => {
    const text = `
model_list:
  - {model_name: m, litellm_params: {model: openai/m, api_base: os.environ/BASE, api_key: "\${KEY}-2"}}
environment_variables: {BASE: "http://\${HOST_NAME}", KEY: 17, LITELLM_LOG: DEBUG, NONE: null}
`
    const config = loaded(t, text, { env: { HOST_NAME: 'a', KEY: 'other' } })
    const { url, api_key: key } = config.upstreams[0] ?? {}
    assert.deepEqual([url, key, config.log_level], ['http://a', '17-2', 'debug'])
    assert.equal(process.env['BASE'], undefined)
  })

  test('must be names and plain values', (t) => {
    assert.match(fault(t, 'environment_variables: [A]'), /:1:24 environment_variables must hold/)
    assert.match(fault(t, 'environment_variables: {A: [1]}'), /:1:28 environment_variables\.A must/)
  })
})

describe('os.environ/NAME of a variable that is not set', () => {
  test('leaves a key of LiteLLM out, with a warning', (t) => {
    const text = 'router_settings: {redis_password: os.environ/NO_SUCH, redis_host: r}'
    assert.equal(loaded(t, text).redis?.password, undefined)
    assert.equal(
      warningsOf(t, text)[0],
      'gateway.yaml:1:35 router_settings.redis_password is left out: the environment variable NO_SUCH is not set',
    )
  })

  test('is an error for a key of ours', (t) => {
    assert.match(fault(t, 'admin_token: os.environ/NO_SUCH'), /admin_token: .+ NO_SUCH is not set/)
  })

  test('is an error where calls would stay open without it', (t) => {
    const text = 'general_settings: {master_key: os.environ/NO_SUCH}'
    assert.match(fault(t, text), /:1:32 general_settings\.master_key: .+ NO_SUCH is not set/)
  })

  test('and one that is empty, too', (t) => {
    const env = { EMPTY: '' }
    const text = 'general_settings: {master_key: os.environ/EMPTY}'
    assert.match(fault(t, text, { env }), /:1:32 general_settings\.master_key must be a text/)
    const others = 'router_settings: {redis_host: r, redis_password: os.environ/EMPTY}'
    assert.equal(loaded(t, others, { env }).redis?.password, undefined)
  })

  test('leaves out the deployment whose address it is: its calls must not go to another server', (t) => {
    const text =
      'model_list: [{model_name: m, litellm_params: {model: openai/m, api_base: os.environ/NO_SUCH}}]'
    assert.deepEqual(loaded(t, text, { env: { OPENAI_API_KEY: 'sk' } }).upstreams, [])
    assert.deepEqual(loaded(t, text, { env: { OPENAI_API_KEY: 'sk', NO_SUCH: '' } }).upstreams, [])
    assert.match(warningsOf(t, text).join('\n'), /model_list\.0 is left out: its api_base is not/)
  })
})

describe('include', () => {
  const beside = (
    t: TestContext,
    main: string,
    files: Readonly<Record<string, string>>,
  ): string => {
    const file = written(t, main)
    for (const [name, text] of Object.entries(files)) {
      const path = join(dirname(file), name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
    return file
  }
  const list = (model: string): string =>
    `model_list:\n  - {model_name: ${model}, litellm_params: {model: ${model}, api_base: "http://${model}"}}\n`

  test('continues lists and replaces the rest, from files beside the one that names them', (t) => {
    const file = beside(t, `${list('a')}port: 1\ninclude: [more/b.yaml]\n`, {
      'more/b.yaml': `${list('b')}port: 2\ninclude: [c.yaml]\n`,
      'more/c.yaml': `${list('c')}router_settings: {num_retries: 7}\n`,
    })
    const { config, warnings } = readConfig({ file, env: {} })
    assert.deepEqual(
      config.upstreams.map(({ url }) => url),
      ['http://a', 'http://b', 'http://c'],
    )
    assert.deepEqual([config.port, config.routing.retries], [2, 7])
    assert.match(warnings[0] ?? '', /more\/b\.yaml:3:7 port takes the place of that at .+yaml:3:7$/)
  })

  test('tells of a mistake where it stands', (t) => {
    const file = beside(t, `${list('a')}include: [b.yaml]\n`, {
      'b.yaml': 'model_list:\n  - {model_name: b, litellm_params: {model: openai/b, rpm: x}}\n',
    })
    assert.throws(
      () => loadConfig({ file, env: {} }),
      /\/b\.yaml:2:60 model_list\.0\.litellm_params\.rpm must be a number/,
    )
  })

  test('must not come back to a file that is being read', (t) => {
    const file = beside(t, 'include: [b.yaml]', { 'b.yaml': 'include: [./gateway.yaml]' })
    assert.throws(
      () => loadConfig({ file, env: {} }),
      /\/b\.yaml:1:11 include: \.\/gateway\.yaml includes itself/,
    )
  })

  test('must name a file that is there', (t) => {
    assert.match(fault(t, 'include: [no.yaml]'), /no\.yaml cannot be read/)
    assert.match(fault(t, 'include: [1]'), /:1:11 include\.0 must be a file/)
  })
})

describe('calls that are open in a file of LiteLLM are told of', () => {
  const told = (t: TestContext, text: string, env: Record<string, string>): string =>
    readConfig({ file: written(t, text), env }).warnings.join('\n')
  const env = { LITELLM_MASTER_KEY: 'sk-canary' }

  test('where the variable for the key is there and no key of the file names it', (t) => {
    const warned = told(t, 'model_list: []', env)
    assert.match(warned, /:1:13 model_list leaves calls open: LITELLM_MASTER_KEY counts where/)
    assert.doesNotMatch(warned, /canary/)
    const named = 'general_settings: {master_key: os.environ/LITELLM_MASTER_KEY}'
    assert.doesNotMatch(told(t, named, env), /open/)
    assert.doesNotMatch(told(t, 'port: 1', env), /open/)
  })

  test('where the key is there and has no value', (t) => {
    assert.match(
      told(t, 'general_settings: {master_key: }', {}),
      /master_key is empty: calls are open/,
    )
  })
})
