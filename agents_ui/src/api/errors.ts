/** An answer that is not what was asked for. `code` is what people are told by (i18n `error.*`), never `message`. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** By status, for answers that are not ours (a proxy's page, a validation error of the framework). */
function codeOfStatus(status: number): string {
  if (status === 401) return 'not_signed_in';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 409) return 'conflict';
  if (status === 413) return 'too_large';
  if (status === 422) return 'invalid';
  if (status === 429) return 'too_many_attempts';
  if (status === 502 || status === 503 || status === 504) return 'unavailable';
  return status >= 500 ? 'server_error' : 'bad_request';
}

export function toApiError(body: unknown, status: number): ApiError {
  if (isRecord(body) && isRecord(body.error) && typeof body.error.code === 'string') {
    const message = typeof body.error.message === 'string' ? body.error.message : body.error.code;
    return new ApiError(body.error.code, status, message, isRecord(body.error.details) ? body.error.details : {});
  }
  const code = codeOfStatus(status);
  return new ApiError(code, status, code);
}

/** Anything thrown, as an ApiError: fetch throws a TypeError when nobody answers. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof TypeError) return new ApiError('network', 0, thrown.message);
  return new ApiError('unexpected', 0, thrown instanceof Error ? thrown.message : String(thrown));
}
