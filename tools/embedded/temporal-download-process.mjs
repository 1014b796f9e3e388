/** Lets the Temporal SDK download its development server into the folder named by the argument. */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [downloadDir] = process.argv.slice(2);
const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', downloadDir, ttl: '1 year' } },
});
await environment.teardown();
