/** How contracts are signed here, in the words that every evidence certificate carries. */
export const signingProcess = [
  'The agreed terms were printed as a contract. Its bytes were stored under their SHA-256 before anyone was asked to sign, and never changed.',
  'Each signer of the partner got a link of its own by mail. Where the program asks for it, the signer proved who it is by a code before the contract was shown.',
  'The signer was shown the contract and the text of the consent, agreed to it by an act of its own, typed its name, and thereby signed the bytes whose hash it named. This act is a simple electronic signature.',
  "After the last signature of the partner the platform put its electronic seal into the field reserved for the partner. The company's signers, who proved who they are by their accounts, then signed what carries that seal, and the platform sealed the field reserved for the company. A seal is made with a key that the platform holds: it shows that nothing was changed since, and it is not the signature of a person.",
  'Where a time-stamp authority is named, its token was added to the sealed contract.',
  'Every step was written to a log in which each entry carries the hash of the one before. The whole log, up to its head, is part of this certificate.',
].join('\n\n');
