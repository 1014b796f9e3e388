import { isGrpcServiceError, ServiceError } from '@temporalio/client';

/**
 * The gRPC code of a call to the server that failed; undefined for any other error. The client hands such errors on bare, or
 * wrapped in one of its own.
 */
export function grpcCodeOf(error: unknown): number | undefined {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) ? Number(cause.code) : undefined;
}

/** gRPC's NOT_FOUND. */
export const grpcNotFound = 5;
