import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { SealService } from './seal.service.js';

const intervalMs = 12 * 3600 * 1000;

/** Says at the start of a process, and twice a day, when the seal key is about to end, has ended, or is missing. */
@Injectable()
export class SealKeyWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(SealKeyWatch.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly seals: SealService,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.look();
    this.timer = setInterval(() => void this.look(), intervalMs).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Logs what an operator has to do; nothing where all is well. */
  async look(): Promise<void> {
    const { state, notAfter } = await this.seals.health(this.clock.now());
    const end = notAfter?.toISOString();
    if (state === 'expiring') this.logger.warn(`the certificate of the seal key ends on ${end}: replace it`);
    if (state === 'expired') this.logger.error(`the certificate of the seal key is not in force (it ends on ${end})`);
    if (state === 'missing') this.logger.error('there is no usable seal key (SEAL_KEY_FILE): nothing can be sealed');
  }
}
