/** A heading and what it means. */
export interface Message {
  title: string;
  text: string;
}

/** What the pages of signers say. Names that are set into a sentence come as isolates: their direction is their own. */
export interface SigningTexts {
  steps: { label: string; identity: string; read: string; sign: string };
  form: {
    /** Before the title of the window where a form came back. */
    error: string;
    summary: string;
    optional: string;
    back: string;
    again: string;
    unfinished: string;
    /** Put before an instant in the reader's own zone. */
    localTime: string;
  };
  landing: {
    title: (company: string) => string;
    from: string;
    document: string;
    agreement: (program: string) => string;
    until: string;
    turn: string;
    yourTurn: string;
    read: string;
    nothingSigned: string;
    sessionEnded: string;
  };
  identity: {
    why: string;
    mailed: (target: string) => string;
    send: string;
    haveCode: string;
    given: (company: string) => string;
    sent: (target: string) => string;
    title: string;
    code: string;
    accessCode: string;
    once: string;
    attemptsLeft: (count: string) => string;
    enter: string;
    sendAgain: string;
    missing: string;
    wrong: string;
    spent: (company: string) => string;
    unset: (company: string) => Message;
    locked: (company: string) => Message;
  };
  contract: {
    intro: string;
    withoutText: string;
    contents: string;
    openPdf: string;
    downloadPdf: string;
    fingerprint: string;
    fingerprintHelp: string;
    wholeFingerprint: string;
    termsFingerprint: string;
    signers: string;
    signed: string;
    toSign: string;
    proceed: string;
    toEnd: string;
    toTop: string;
    otherwise: string;
    decline: string;
    delegate: string;
  };
  signature: {
    title: string;
    what: (program: string, company: string) => string;
    readAgain: string;
    consent: string;
    consentVersion: (version: string) => string;
    agree: string;
    name: string;
    nameHelp: (name: string) => string;
    mark: string;
    markHelp: string;
    markArea: string;
    clear: string;
    clearedMark: string;
    kept: string;
    sign: string;
    consentMissing: string;
    nameMissing: string;
    markUnreadable: string;
  };
  decline: {
    title: string;
    text: (company: string) => string;
    reason: string;
    reasonHelp: (company: string) => string;
    confirm: string;
    submit: string;
    reasonMissing: string;
    confirmMissing: string;
  };
  delegation: {
    title: string;
    text: string;
    name: string;
    email: string;
    position: string;
    confirm: string;
    submit: string;
    nameMissing: string;
    emailWrong: string;
    confirmMissing: string;
    known: string;
  };
  end: {
    signed: Message;
    othersNext: string;
    companyNext: (company: string) => string;
    recording: Message;
    executed: Message;
    sealing: Message;
    declined: (company: string) => Message;
    voided: (company: string) => Message;
    expired: (company: string) => Message;
    superseded: Message;
    waiting: Message;
    documents: string;
    contract: string;
    sealedContract: string;
    evidence: string;
    identify: string;
  };
  replaced: Record<'delegated' | 'superseded' | 'corrected' | 'unknown', Message>;
  problems: Record<
    | 'unknown'
    | 'staleForm'
    | 'changed'
    | 'tooLate'
    | 'notAllowed'
    | 'tooMany'
    | 'malformed'
    | 'running'
    | 'unavailable'
    | 'internal',
    Message
  >;
}

/** A name as it may be set into a sentence of any direction; it turns the direction of nothing around it. */
export function isolated(name: string): string {
  return `\u2068${name.replace(/\p{Bidi_Control}/gu, '')}\u2069`;
}
