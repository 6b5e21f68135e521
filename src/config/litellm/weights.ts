import type { Deployment } from './deployment.ts'

/**
 * Gives the deployments of a group the shares that LiteLLM's simple-shuffle gives them where they have
 * no `weight`: their `rpm`, else their `tpm`, if the first of the group has one.
 */
export function weighted(deployments: readonly Deployment[]): readonly Deployment[] {
  const groups = Map.groupBy(deployments, ({ group }) => group)
  const limits = new Map([...groups].map(([group, members]) => [group, limitOf(members)]))
  return deployments.map((deployment) => {
    const limit = limits.get(deployment.group)
    const weight = limit && deployment.upstream[limit]
    return typeof weight === 'number'
      ? { ...deployment, upstream: { ...deployment.upstream, weight } }
      : deployment
  })
}

/** The limit that is a group's share; undefined where it has another one, or nothing to share. */
function limitOf(members: readonly Deployment[]): 'rpm' | 'tpm' | undefined {
  const [first] = members
  if (!first || members.length < 2 || members.some(({ upstream }) => 'weight' in upstream)) return
  return (['rpm', 'tpm'] as const).find((limit) => limit in first.upstream)
}
