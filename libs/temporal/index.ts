export {
  connectTemporalClient,
  lazyTemporalClient,
  temporalConnectionOptions,
  type TemporalSettings,
} from './connection.js';
export { encryptingDataConverter, failureConverterPath } from './data-converter.js';
export { grpcCodeOf, grpcNotFound } from './grpc-code.js';
export { EncryptingCodec } from './payload-codec.js';
export { registerSearchAttributes } from './search-attributes.js';
export { ensureSchedules, scheduledProcesses, type ScheduledProgram, type ScheduleRequest } from './schedules.js';
export { WorkflowLook, type Answer, type DescribedWorkflow, type ListedWorkflow } from './workflow-look.js';
