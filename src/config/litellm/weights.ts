import type { Deployment } from './deployment.ts'

/**
 * Gives the deployments of a group the shares that LiteLLM's simple-shuffle gives them where they have
 * no `weight`: their `rpm`, else their `tpm`, if the first of the group has one.
 */
export function weighted(deployments: readonly Deployment[]): readonly Deployment[] {
  const groups = Map.groupBy(deployments, ({ group }) => group)
  return deployments.map((deployment) => {
    const members = groups.get(deployment.group) ?? []
    const [first] = members
    if (!first || members.length < 2 || members.some(({ upstream }) => 'weight' in upstream)) {
      return deployment
    }
    const key = ['rpm', 'tpm'].find((limit) => limit in first.upstream)
    const weight = key === undefined ? undefined : deployment.upstream[key]
    return typeof weight === 'number'
      ? { ...deployment, upstream: { ...deployment.upstream, weight } }
      : deployment
  })
}
