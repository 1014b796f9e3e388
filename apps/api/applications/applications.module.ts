import { Module } from '@nestjs/common';
import { PartnersModule } from '../../../libs/partners/index.js';
import { ApplicationsController } from './applications.controller.js';

@Module({ imports: [PartnersModule], controllers: [ApplicationsController] })
export class ApplicationsApiModule {}
