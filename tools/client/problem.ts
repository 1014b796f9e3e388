/** One thing that was wrong with a request: where, as a JSON pointer, and what. */
export interface ProblemField {
  pointer: string;
  message: string;
}

/** The members of a problem document (RFC 9457) that a client acts on. */
interface ProblemBody {
  title?: string;
  code?: string;
  detail?: string;
  errors?: ProblemField[];
  requestId?: string;
}

/** An answer of the API that is no success, told for a person: what was asked, what is wrong, and the request's id. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  private constructor(
    message: string,
    readonly status: number,
    /** The stable code of the problem; `unknown` where the answer was no problem document. */
    readonly code: string,
    /** The problem's own words with its fields, without the request that it answers. */
    readonly reason: string,
    readonly errors: readonly ProblemField[],
  ) {
    super(message);
  }

  /** Reads the problem out of an answer's status and text, whatever the text is. */
  static of(request: string, status: number, text: string): ApiProblem {
    const body = parseProblem(text);
    const fields = (body.errors ?? []).map(({ pointer, message }) => `${pointer} ${message}`.trim());
    const reason = [body.detail ?? body.title ?? `status ${status}`, ...fields].join('; ');
    const id = body.requestId === undefined ? '' : ` (request ${body.requestId})`;
    const message = `${request} was answered with ${status}: ${reason}${id}`;
    return new ApiProblem(message, status, body.code ?? 'unknown', reason, body.errors ?? []);
  }
}

function parseProblem(text: string): ProblemBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    // A proxy or a process that is going down may answer with anything.
    return {};
  }
}
