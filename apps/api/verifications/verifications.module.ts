import { Module } from '@nestjs/common';
import { SealsModule } from '../../../libs/seals/index.js';
import { VerificationsController } from './verifications.controller.js';

@Module({ imports: [SealsModule], controllers: [VerificationsController] })
export class VerificationsApiModule {}
