export * from './domain/index.js';
export { WebhookDeliverer, type ClaimedDelivery } from './deliverer.js';
export { WebhookDeliveries, type DeliveriesRequest, type ReplayRequest } from './deliveries.js';
export { WebhookDispatcher, type WebhookDispatcherOptions } from './dispatcher.js';
export { WebhookEndpoints, type EndpointChanges, type NewEndpoint } from './endpoints.js';
export { WebhookFanOut } from './fan-out.js';
export type { DeliveryDetail, DeliveryState, DeliveryView, EndpointState, EndpointView } from './rows.js';
export { isPublic } from './target-policy.js';
export { WebhooksModule } from './webhooks.module.js';
