/**
 * Words that end with a full stop without ending a sentence. From the usual lists of English, German, French, Spanish,
 * Italian, Dutch, Portuguese, Polish, Swedish and Russian writing; lower case, inner stops kept, the last one left out.
 */
const words = (text: string) => new Set(text.trim().split(/\s+/u));

/** Always followed by the rest of the sentence: titles, "e.g.", "Fig.". */
export const OPENING_ABBREVIATIONS = words(`
  mr mrs ms mx dr prof st sen rep gov gen col maj capt lt sgt cmdr adm rev hon pres supt messrs mme mlle mm sr sra srta dra
  fr hr frl ing dipl mag msgr jun phil e.g i.e eg ie viz cf vs v resp approx ca circa c est fig figs eq eqs no nos nr núm
  vol vols p pp pg par ch chap sec sect art cl para app ed eds trans tab ref refs op loc ibid dept div mt ft rd ave blvd
  z.b z.t d.h u.a u.ä o.ä s.o s.u i.d.r v.a bzw bspw sog vgl evtl ggf inkl exkl zzgl abs aufl hrsg geb gest kap ziff
  p.ex ex env av apr art pág págs p.ej ej aprox tel bijv d.w.z o.a m.a.w blz t.ex bl.a s.k tzw np ul prof dot rys
  т.е т.н т.д напр г гг ул стр рис см им тыс млн млрд jan feb mar apr jun jul aug sep sept oct nov dec okt dez janv févr juil`);

/** May also end the sentence: "Inc.", "etc.", "U.S.". */
export const CLOSING_ABBREVIATIONS = words(`
  inc corp ltd co llc plc gmbh ag bros etc al a.m p.m u.s u.k u.s.a u.n e.u d.c ph.d m.d b.a m.a j.d jr sr esq usw u.s.w
  b.c a.d b.c.e c.e ee.uu s.a s.p.a n.v b.v e.v d.j itd itp`);

/** Words that begin a new sentence so often that a stop before them counts even after an abbreviation or initial. */
export const SENTENCE_STARTERS = words(`
  the this that these those there it its he she we they you our his her their in on at for from by with as if when while
  although because since after before however moreover furthermore therefore thus but and or so some many most all each both
  what who how why where no not a an i to during under according
  der die das ein eine es er sie wir ich in im am an auf bei mit nach für aber und wenn als dies diese dieser
  le la les un une il elle ils elles nous ce cette ces dans pour en el los las una este esta pero il lo gli questo`);

/** Month names that follow a day written with a full stop ("3. Oktober"). */
export const MONTHS = words(`
  januar jänner februar märz april mai juni juli august september oktober november dezember jan feb mär apr jun jul aug sep
  sept okt nov dez januari februari mars maj augusti december marts oktober stycznia lutego marca kwietnia maja czerwca lipca
  sierpnia września października listopada grudnia`);
