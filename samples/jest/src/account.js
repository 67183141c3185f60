'use strict';

class InsufficientFunds extends Error {}

// An account in whole cents that writes down what happened.
class Account {
  constructor(owner, cents = 0) {
    if (!Number.isInteger(cents)) throw new TypeError('cents must be an integer');
    this.owner = owner;
    this.cents = cents;
    this.entries = [];
  }

  deposit(cents) {
    if (!(cents > 0)) {
      throw new RangeError('only positive amounts can be deposited');
    }
    this.cents += cents;
    this.entries.push({ kind: 'deposit', cents });
  }

  withdraw(cents) {
    if (cents > this.cents) throw new InsufficientFunds(`${this.owner} has only ${this.cents} cents`);
    this.cents -= cents;
    this.entries.push({ kind: 'withdrawal', cents });
  }

  async transfer(to, cents) {
    this.withdraw(cents);
    await Promise.resolve();
    to.deposit(cents);
  }

  statement() {
    if (this.entries.length === 0) {
      return `${this.owner}: no entries`;
    }
    return this.entries.map(({ kind, cents }) => `${kind} ${(cents / 100).toFixed(2)}`).join('\n');
  }
}

module.exports = { Account, InsufficientFunds };
