import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

/** Marks the URL of a plugin's own file. */
const MARK = '?plugin'

/** The URL to import a plugin file by. */
export function pluginUrl(file: string): string {
  return pathToFileURL(file).href + MARK
}

/**
 * Lets any plugin file, wherever it lies, import `sluice/plugin`, `sluice/plugin/testing` and
 * `sluice/client`: these names mean the running copy. Node resolves packages from the importing
 * file's folder, where no Sluice need be installed. A plugin file is a module whatever the `type` of the
 * package.json above it says.
 */
export function shareOwnPackage(): Disposable {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const doors: Readonly<Record<string, string>> = {
    'sluice/plugin': new URL(`../plugin/index.${extension}`, import.meta.url).href,
    'sluice/plugin/testing': new URL(`../testing/index.${extension}`, import.meta.url).href,
    'sluice/client': new URL(`../client/index.${extension}`, import.meta.url).href,
  }
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const url = Object.hasOwn(doors, specifier) ? doors[specifier] : undefined
      return url ? { url, shortCircuit: true } : next(specifier, context)
    },
    load(url, context, next) {
      if (!url.endsWith(MARK)) return next(url, context)
      const format = /\.[cm]?ts\?plugin$/.test(url) ? 'module-typescript' : 'module'
      return next(url, { ...context, format })
    },
  })
  return { [Symbol.dispose]: () => hooks.deregister() }
}
