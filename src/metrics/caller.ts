/** Whose call it was, as labels say it. Keys only ever as hashes; the empty text says nothing. */
export interface Caller {
  readonly end_user: string
  readonly hashed_api_key: string
  readonly api_key_alias: string
  readonly team: string
  readonly team_alias: string
  readonly user: string
  readonly user_email: string
}

/** The caller of a gateway that asks for no keys. */
export const NOBODY: Caller = {
  end_user: '',
  hashed_api_key: '',
  api_key_alias: '',
  team: '',
  team_alias: '',
  user: '',
  user_email: '',
}
