export { ConfigurationError, environmentVariables, readEnvironment, type Environment } from './environment.js';
