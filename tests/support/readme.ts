import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface CodeBlock {
  readonly language: string
  readonly text: string
}

/** The fenced blocks of a Markdown text that name a language. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  return [...markdown.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(
    ([, language = '', text = '']) => ({ language, text }),
  )
}

/** The commands of a shell block, one each, with continued lines joined. */
export function commandsOf(text: string): readonly string[] {
  return text
    .replaceAll('\\\n', ' ')
    .split(/\n|&&/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** Where links lead that stay in the checkout. */
export function localLinks(markdown: string): readonly string[] {
  return [...markdown.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
}

/** Every command that CI runs, those behind its npm scripts included. */
export function ciCommands(): ReadonlySet<string> {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as {
    scripts: Readonly<Record<string, string>>
  }
  const found = new Set(commandsOf(readFileSync(`${ROOT}/.ci/run`, 'utf8')))
  for (const command of found) {
    const [, name = ''] = /^npm (?:run )?([\w:]+)$/.exec(command) ?? []
    for (const part of commandsOf(scripts[name] ?? '')) found.add(part)
  }
  return found
}
