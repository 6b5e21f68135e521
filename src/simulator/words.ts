const split = (text: string): readonly string[] => text.trim().split(/\s+/)

/** Words the simulated model writes with; each is one token in every spelling a sentence needs. */
export const NOUNS = split(`
  agent answer archive author balance base batch bell bird boat book border bottle bridge budget
  builder button cable captain card castle cause chain chapter child circle city clock cloud coast
  code coffee color company context copy corner country course crew crowd cup data day deck degree
  desk detail device doctor door dream driver edge effect engine error event evening example eye
  fact family farm field figure file fire fish floor flower force forest form frame friend garden
  gate glass goal gold grain group guard guide hand harbor head heart hill history home horse hour
  house idea image index island item job journey judge key kitchen knife label ladder lake lamp
  language law layer leader leaf lesson letter level library light line list loop machine map
  market memory message metal method minute mirror model moment money month moon morning mountain
  music name network night node north note number object ocean office option order page paper part
  path pattern people phone picture piece place plan planet plant plate player point policy pool
  port power price problem process product prompt queue question rain range reader reason record
  region reply report request result reward rice ring river road rock room root rope rule run
  sailor sample sand school science screen sea season seed sentence server service session shadow
  shape sheet ship shore signal silver size sky smoke snow soldier song sound source space spring
  square stage star state station step stone store storm story stream street student summer sun
  surface system table task teacher team test text thing thread time token tool tower town trace
  track trade train tree trip truth turn value valley version village voice wall watch water wave
  way weather week weight west wheel wind window winter wire wood word work worker world writer year
`)

export const VERBS = split(`
  accepts adds answers asks becomes begins believes brings builds calls carries catches changes
  checks chooses closes collects comes compares contains continues copies counts covers creates
  crosses cuts decides describes discovers draws drives drops enters explains fills finds finishes
  follows forgets gathers gives goes grows guides happens hears helps holds hides improves joins
  keeps knows learns leaves lets lifts likes lists looks loses loves makes marks measures meets
  misses moves needs notices offers opens orders passes plays points prepares presents produces
  protects proves pulls pushes puts raises reaches reads receives records reduces remains remembers
  repeats replaces requires returns runs says sees seems sells sends serves shows sings sits sleeps
  solves speaks stands starts stays stops studies suggests supports takes talks teaches tells tests
  thinks throws touches turns understands uses waits walks wants washes watches wins works writes
`)

export const ADJECTIVES = split(`
  able bright broad brown calm careful cheap clean clear cold common complete correct curious dark
  deep different direct dry early easy empty equal exact famous fast final fine first flat fresh
  full general gentle good great green happy hard heavy high honest hot important large last late
  light likely little local long loud low main modern narrow natural near new next nice old only
  open patient plain possible private proud public pure quick quiet rare ready real recent red rich
  right round safe second secret sharp short simple single slow small smooth soft solid special
  steady strange strong sudden sweet tall thin third tired true useful usual warm white whole wide
  wild wise wrong yellow young
`)

export const ADVERBS = split(`
  again almost already always away carefully clearly easily exactly finally first here later nearly
  never now often once only quickly quietly rarely really simply slowly sometimes soon still
  suddenly then there today together tomorrow usually very well yesterday
`)

export const PREPOSITIONS = split(`
  about above across after against along among around at before behind below beside between beyond
  by down during for from in inside into near of off on onto outside over past through to toward
  under until up upon with within without
`)

const GRAMMAR = split(`
  a all an and any are as be because been being both but can could did do does each either else
  every had has have he her him his how however i if is it its just less let many may me might more
  most much must my no nor not nothing one or other our out own same shall she should since so some
  such than that the their them themselves these they this those though thus too two us was we were
  what when where which while who whom whose why will would yes yet you your
`)

const CODE = split(`
  arguments array assistant async await boolean class const content default description else enum
  export false function import integer interface let name new null number object parameters
  properties public required return role self static string switch system true type undefined user
  var void response query path file command city unit date location limit call calls tools within
  xml tags function signature signatures provided json each follow may assist
`)

/** Word parts and punctuation, for text the lists above do not hold. None holds a newline or `!`. */
const FRAGMENTS = `
  ing ed er est ly tion sion ment ness able ible al ial ic ical ive ous ful less ity ance ence ant ent
  ist ism ize ise age ary ory ure th ch sh ph wh qu ck st nd rd re un in im dis mis pre pro con com de
  en ex sub inter trans over under out up an on at or ar er es is it ou ea ee oo ai ay ow ew oa ie
  the and ll ve nt pl br cr dr fr gr pr tr bl cl fl gl sl sc sk sm sn sp sw tw ba be bi bo bu ca ce ci
  co cu da di do du fa fe fi fo fu ga ge gi go gu ha he hi ho hu ja jo ju ka ke ki ko la le li lo lu ma
  me mi mo mu na ne ni no nu pa pe pi po pu ra ri ro ru sa se si so su ta te ti to tu va vi vo wa we wi
  wo ya yo za ze zo () [] {} == => -> :: // /* */ && || ++ -- += -= != >= <= ); }; ]; {" "} ": ", "," ":
`

const spellings = (word: string): readonly string[] => {
  const capital = `${word.charAt(0).toUpperCase()}${word.slice(1)}`
  return [word, ` ${word}`, capital, ` ${capital}`]
}

const numbers = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'))

/** Every piece of the vocabulary in id order; new pieces go to the end, so that ids never move. */
export const PIECES: readonly string[] = [
  ...new Set([
    ...[NOUNS, VERBS, ADJECTIVES, ADVERBS, PREPOSITIONS, GRAMMAR, CODE].flat().flatMap(spellings),
    ...split(FRAGMENTS).filter((piece) => !piece.includes('!') && !piece.includes('<')),
    ...numbers,
    ...[2, 4, 8, 16].map((width) => ' '.repeat(width)),
    '": "',
    '", "',
    '": ',
    ' {"',
  ]),
].filter((piece) => piece.length > 1)
