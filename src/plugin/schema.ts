/** The part of JSON Schema that plugin settings are described in. */
export interface ObjectSchema {
  readonly type: 'object'
  readonly description?: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
  readonly default?: unknown
}

type Present<S extends ObjectSchema> = {
  [K in keyof S['properties']]: S['properties'][K] extends { readonly default: unknown }
    ? K
    : S['required'] extends readonly (infer Name)[]
      ? K extends Name
        ? K
        : never
      : never
}[keyof S['properties']]

/** The TypeScript type of settings that match a schema: what has a default or is required is present. */
export type Infer<S> = S extends { readonly enum: readonly (infer E)[] }
  ? E
  : S extends { readonly const: infer C }
    ? C
    : S extends { readonly type: 'string' }
      ? string
      : S extends { readonly type: 'number' | 'integer' }
        ? number
        : S extends { readonly type: 'boolean' }
          ? boolean
          : S extends { readonly type: 'array'; readonly items: infer I }
            ? readonly Infer<I>[]
            : S extends {
                  readonly type: 'object'
                  readonly additionalProperties: infer V extends object
                }
              ? { readonly [key: string]: Infer<V> }
              : S extends ObjectSchema
                ? { readonly [K in Present<S>]: Infer<S['properties'][K]> } & {
                    readonly [K in Exclude<keyof S['properties'], Present<S>>]?: Infer<
                      S['properties'][K]
                    >
                  }
                : unknown
