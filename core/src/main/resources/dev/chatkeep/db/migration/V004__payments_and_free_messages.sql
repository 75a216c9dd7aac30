-- How many free messages a user has had since their window began; no row: none yet.
create table chatkeep.free_message (
    user_id        uuid primary key references chatkeep.app_user on delete cascade,
    own_limit      int, -- set by an admin; null: the configured one
    used           int not null default 0,
    first_used_at  timestamptz,
    last_used_at   timestamptz,
    window_ends_at timestamptz, -- then used counts from 0 again; null: never
    constraint free_message_own_limit_valid check (own_limit >= 0),
    constraint free_message_used_valid check (used >= 0)
) with (fillfactor = 50);

-- The same of all guests and new accounts of one network address together (IPv6: of a /64): a guest costs nothing to
-- make, nor does a wallet.
create table chatkeep.network_quota (
    network        text collate "C" primary key,
    used           int not null,
    last_used_at   timestamptz not null,
    window_ends_at timestamptz,
    constraint network_quota_used_valid check (used >= 0)
) with (fillfactor = 50);
create index network_quota_last_used_at_idx on chatkeep.network_quota (last_used_at);

-- What an identity had used when it left its account, removed from it or erased with it, so that the account it makes next
-- does not begin with a full quota. Kept until that window ends. The identity itself is not here, only its SHA-256.
create table chatkeep.identity_usage (
    identity_hash  text collate "C" primary key,
    used           int not null,
    window_ends_at timestamptz, -- null: the window never ends
    recorded_at    timestamptz not null,
    constraint identity_usage_used_valid check (used > 0)
);
create index identity_usage_recorded_at_idx on chatkeep.identity_usage (recorded_at);

-- A payment by x402, from the moment its signature was found good. Settled and not spent it is a credit: the next
-- message that costs no more is answered for it. Made after chat, so that a user's chats and messages go before it.
create table chatkeep.payment (
    user_id         uuid not null references chatkeep.app_user on delete cascade,
    id              uuid not null,
    status          text not null,
    -- what it was for
    chat_id         text collate "C" not null,
    turn_key        text collate "C" not null,
    model_id        text not null,
    price           numeric not null, -- in units of the asset, such as dollars
    -- what was paid
    x402_version    int not null,
    network         text not null, -- CAIP-2
    asset           text not null,
    pay_to          text not null,
    amount          numeric(78) not null, -- in atomic units
    payer           text not null, -- as the facilitator says
    transaction     text,
    resource        text not null,
    -- what passed between payer, server and facilitator; the payload can be settled again and again, for one transfer
    payload         jsonb not null,
    requirements    jsonb not null,
    verify_answer   jsonb,
    settle_answer   jsonb,
    error           text,
    -- how far it is
    attempts        int not null default 0, -- to settle it
    is_in_doubt     boolean not null default false, -- an attempt may have moved the money and said nothing
    next_attempt_at timestamptz, -- null: none by itself
    is_spent        boolean not null default false,
    reserved_until  timestamptz, -- for the turn it was sent with
    created_at      timestamptz not null,
    verified_at     timestamptz not null,
    settled_at      timestamptz,
    failed_at       timestamptz,
    primary key (user_id, id),
    constraint payment_status_valid check (status in ('verified', 'pending', 'settled', 'failed')),
    constraint payment_settled_at_valid check ((status = 'settled') = (settled_at is not null)),
    constraint payment_failed_at_valid check ((status = 'failed') = (failed_at is not null)),
    constraint payment_spent_valid check (not is_spent or status = 'settled')
);
create index payment_created_at_idx on chatkeep.payment (user_id, created_at desc, id);
create index payment_credit_idx on chatkeep.payment (user_id, settled_at) where status = 'settled' and not is_spent;
create index payment_next_attempt_idx on chatkeep.payment (next_attempt_at) where status in ('verified', 'pending');
create index payment_open_idx on chatkeep.payment (created_at) where status in ('verified', 'pending');

alter table chatkeep.message
    add foreign key (user_id, payment_id) references chatkeep.payment (user_id, id);

-- What may be paid with once: hashes of (network, asset, payer, nonce) and of (network, transaction), over all users.
-- They outlive the payment and its user, then without them.
create table chatkeep.payment_claim (
    key        text collate "C" primary key,
    user_id    uuid,
    payment_id uuid,
    claimed_at timestamptz not null
);
create index payment_claim_user_id_idx on chatkeep.payment_claim (user_id);
