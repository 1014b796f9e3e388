import { Controller, Headers, Post, Req } from '@nestjs/common';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { PayoutsService } from '../../../libs/payouts/index.js';
import { Endpoint, type ApiRequest } from '../edge/index.js';

/** What providers tell us. Each event is stored once, by its own id, and looked into afterwards. */
@Controller('v1/inbound')
export class InboundController {
  constructor(private readonly payouts: PayoutsService) {}

  @Post('stripe')
  @Endpoint({
    summary: "Take in an event of the payment rail, signed by it (Stripe's webhook format)",
    roles: 'public',
    errors: ['unauthenticated', 'malformed-request'],
  })
  async stripe(@Req() request: ApiRequest, @Headers('stripe-signature') signature: string | undefined): Promise<void> {
    if (!request.rawBody || signature === undefined)
      throw new DomainError('unauthenticated', 'the event is not signed');
    await this.payouts.receiveWebhook(request.rawBody, signature);
  }
}
