import { Module } from '@nestjs/common';
import { WebhookDeliverer } from './deliverer.js';
import { WebhookDeliveries } from './deliveries.js';
import { DeliveryQueue } from './delivery-queue.js';
import { EndpointSecrets } from './endpoint-secrets.js';
import { WebhookEndpoints } from './endpoints.js';
import { WebhookFanOut } from './fan-out.js';
import { TargetPolicy } from './target-policy.js';
import { WebhookClient } from './webhook-client.js';

@Module({
  providers: [
    DeliveryQueue,
    EndpointSecrets,
    TargetPolicy,
    WebhookClient,
    WebhookDeliverer,
    WebhookDeliveries,
    WebhookEndpoints,
    WebhookFanOut,
  ],
  exports: [WebhookDeliverer, WebhookDeliveries, WebhookEndpoints, WebhookFanOut],
})
export class WebhooksModule {}
