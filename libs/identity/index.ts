export { apiKeyPrefix, ApiKeys, type ApiKey, type NewApiKey } from './api-keys.service.js';
export { Authenticator } from './authenticator.js';
export { demoToken, demoUsers, type DemoTokenOptions } from './demo-users.js';
export * from './domain/index.js';
export { IdentityModule } from './identity.module.js';
export {
  localIssuer,
  newLocalIssuerKey,
  signLocalToken,
  type LocalTokenRequest,
  type TokenSettings,
} from './local-issuer.js';
export { TokenVerifier } from './token-verifier.js';
