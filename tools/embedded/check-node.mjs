/**
 * Ends the command where Node is too old. To be imported before anything else: the other modules need what only a new
 * Node has.
 */
const oldest = [20, 20];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [oldMajor = 0, oldMinor = 0] = oldest;
if (major < oldMajor || (major === oldMajor && minor < oldMinor)) {
  console.error(`Node ${oldest.join('.')} or newer is needed; this is ${process.versions.node} (${process.execPath}).`);
  process.exit(1);
}
