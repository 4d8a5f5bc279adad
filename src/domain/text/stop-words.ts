/**
 * Words that say how a sentence is built and not what it is about, as normalise-text.ts spells them. Words that carry
 * meaning in another of these languages ("war", "die", "man") are left out, since a question's language is not always known.
 */
const LISTS = `
  a about above after again against all also am an and any are as at be because been before being below between both but by
  can could did do does doing down during each few for from further had has have having he her here hers him his how i if in
  into is it its itself just me more most my no nor not of off on once only or other our out over own same she should so some
  such than that the their them then there these they this those through to too under until up upon very was we were what
  when where which while who whom whose why will with would you your
  der das den dem des ein eine einer eines einem einen und oder aber ist sind waren wird werden wurde wurden haben hatte
  hatten als auch auf aus bei bis durch fur gegen im ins mit nach nicht noch nur ob ohne sein seine seiner sich sie uber um
  unter vom von vor wegen weil welche welcher welches welchem wenn wer wie wo zu zum zur zwischen es er ihr ihre dass dieser
  diese dieses kann
  le la les un une du de et ou est sont dans par sur avec que qui quoi dont ce cette ces il elle ils elles nous vous se sa ses
  leur leurs au aux ne pas plus comme quel quelle quels quelles etait ete
  el los las unos unas y o es son en con por para como que cual cuales quien cuando donde su sus lo al del se fue ser esta este
  esto estos estas mas
  gli uno una e di da nel nella dei delle della dello degli che chi cosa quale quali quando dove come sono era stato si
  het een van op te met voor aan bij naar uit dat deze dit zijn werd werden wat wie welke hoe waar wanneer niet
  os uma umas uns em na nas nos num numa foi sao qual quais quem onde
  och att det som ett ar var vilken vilka vilket nar hur inte av pa
  i w z na do sie nie jest ze oraz jak ktory ktora ktore kto co gdzie kiedy
  и в во на не что он она оно они с со как а то все это по к ко у из за от о об до для или был была было были есть кто какой
  какая какие какое где когда чем при
  і й та що як у від до для про це був була було були є який яка які де коли хто
  ve bir bu ile icin olarak ne kim nerede nasil hangi mi da de
  في من على الى عن ما هو هي هذا هذه ذلك التي الذي كان كانت مع او ان لا لم قد و ماذا متي اين كم هل كيف لماذا اي بين بعد قبل
  של את על הוא היא זה מה מי איפה מתי איך לא גם או אם כי עם
  και το τα τη την τησ του των τον στο στη στην στα απο για με να που πωσ ποιοσ ποια ποιο ειναι ηταν ο η οι
  și in cu pe la de ce care cine unde cand este sunt
  va la cua nhung cac trong mot duoc`;

const STOP_WORDS: ReadonlySet<string> = new Set(LISTS.trim().split(/\s+/u));

/** True for a word of grammar in one of the languages we know; `term` as normalise-text.ts spells it. */
export function isStopWord(term: string): boolean {
  return STOP_WORDS.has(term);
}
