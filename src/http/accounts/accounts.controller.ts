import { Controller, Get, Param } from '@nestjs/common';
import { PalingenesisError } from '../../core/errors.js';
import { AccountsService } from '../../resume/accounts.service.js';
import { ApiRoute } from '../openapi/api-route.decorator.js';
import { ACCOUNT, ACCOUNTS } from './account.schema.js';
import { accountView } from './account.view.js';

/** Answers "may I dispatch work to this account now, and if not, when". */
@Controller('api/v1/accounts')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @ApiRoute({
    summary: 'Every account: whether work can be dispatched to it now',
    answer: { schema: ACCOUNTS },
  })
  @Get()
  async list(): Promise<object> {
    return { accounts: (await this.accounts.list()).map(accountView) };
  }

  @ApiRoute({
    summary: 'One account: whether work can be dispatched to it now, and if not, when',
    answer: { schema: ACCOUNT },
    problems: ['not-found'],
  })
  @Get(':id')
  async show(@Param('id') id: string): Promise<object> {
    const account = await this.accounts.find(id);
    if (account === undefined) throw new PalingenesisError('not-found', `no account "${id}"`);
    return accountView(account);
  }
}
