import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { CutOffRuns } from './cut-off-runs.js';
import { Workflows } from './workflows.js';

/** Gives every controller the way to running workflows. */
@Global()
@Module({})
export class WorkflowsModule {
  static forRoot(client: Provider): DynamicModule {
    return { module: WorkflowsModule, providers: [client, CutOffRuns, Workflows], exports: [CutOffRuns, Workflows] };
  }
}
