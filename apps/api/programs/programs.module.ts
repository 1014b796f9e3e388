import { Module } from '@nestjs/common';
import { ProgramsModule } from '../../../libs/programs/index.js';
import { ProgramsController } from './programs.controller.js';

@Module({ imports: [ProgramsModule], controllers: [ProgramsController] })
export class ProgramsApiModule {}
