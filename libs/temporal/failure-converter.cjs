// CommonJS because the Temporal SDK loads this file by its path, in workers, clients and the workflow bundle alike.
const { DefaultFailureConverter } = require('@temporalio/common');

// Messages and stacks of failures go through the payload codec too: an error may repeat what it was about.
exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
