export { configuredRails } from './configured-rails.js';
export { ConfigurationError, environmentVariables, readEnvironment, type Environment } from './environment.js';
