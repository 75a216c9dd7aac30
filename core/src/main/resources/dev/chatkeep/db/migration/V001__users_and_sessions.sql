-- Someone who owns chats. user_id is made by the server and never changes; every table of a user's things begins with it.
create table chatkeep.app_user (
    user_id    uuid primary key,
    is_guest   boolean not null, -- nothing but a session names them
    profile    jsonb not null default '{}',
    created_at timestamptz not null
);
create index app_user_guest_idx on chatkeep.app_user (created_at) where is_guest;

-- What is counted for a user. Updated last in each transaction that changes something of the user's: its row lock
-- makes change_seq gapless and ordered by commit. No check that the counts are not negative: PostgreSQL checks the row
-- it computed from the old snapshot before it sees that another transaction changed it and computes it anew, so a
-- statement that waited for the chat would fail although its result is right (it did). fillfactor leaves room for updates within the page.
create table chatkeep.user_head (
    user_id       uuid primary key references chatkeep.app_user on delete cascade,
    change_seq    bigint not null default 0,
    active_chats  bigint not null default 0,
    deleted_chats bigint not null default 0,
    messages      bigint not null default 0 -- of chats that are not deleted
) with (fillfactor = 50);

-- How a user is known outside: a wallet's address ('solana', 'eip155') or the subject of an issuer. Unique over all
-- users, hence keyed by that.
create table chatkeep.identity (
    issuer     text collate "C" not null,
    subject    text collate "C" not null,
    user_id    uuid not null references chatkeep.app_user on delete cascade,
    created_at timestamptz not null,
    primary key (issuer, subject),
    constraint identity_issuer_valid check (length(issuer) between 1 and 512),
    constraint identity_subject_valid check (length(subject) between 1 and 255)
);
create index identity_user_id_idx on chatkeep.identity (user_id);

-- What a wallet signs so that its signature is good once.
create table chatkeep.sign_in_nonce (
    nonce      text collate "C" primary key,
    expires_at timestamptz not null
);
create index sign_in_nonce_expires_at_idx on chatkeep.sign_in_nonce (expires_at);

-- That a guest signed in to an account that was there before: the guest's chats are moved to it, then the guest goes.
create table chatkeep.guest_claim (
    guest_id   uuid primary key references chatkeep.app_user on delete cascade,
    user_id    uuid not null references chatkeep.app_user on delete cascade,
    created_at timestamptz not null
);
create index guest_claim_user_id_idx on chatkeep.guest_claim (user_id);

-- A sign-in. device and address are what the client said of itself: to be recognized by, not to be trusted.
create table chatkeep.session (
    user_id      uuid not null references chatkeep.app_user on delete cascade,
    id           uuid not null,
    created_at   timestamptz not null,
    last_used_at timestamptz not null, -- a minute late at most
    expires_at   timestamptz not null,
    device       text,
    address      text,
    primary key (user_id, id)
) with (fillfactor = 80);
create index session_expires_at_idx on chatkeep.session (expires_at);

-- From the secret a client shows to the session it opens. Unique over all users, hence keyed by the secret's SHA-256.
create table chatkeep.session_token (
    token_hash text collate "C" primary key,
    user_id    uuid not null,
    session_id uuid not null,
    expires_at timestamptz not null,
    foreign key (user_id, session_id) references chatkeep.session (user_id, id) on delete cascade
);
create index session_token_session_idx on chatkeep.session_token (user_id, session_id);

-- Sessions that were revoked lately, for the nodes that remember them. The head's row lock makes seq gapless and ordered
-- by commit, so a node that has read up to one number has missed none before it.
create table chatkeep.session_revocation_head (
    is_only boolean primary key default true,
    seq     bigint not null,
    constraint session_revocation_head_single check (is_only)
);
insert into chatkeep.session_revocation_head (seq) values (0);

create table chatkeep.session_revocation (
    seq        bigint not null,
    token_hash text collate "C" not null,
    revoked_at timestamptz not null,
    primary key (seq, token_hash)
);

-- That a user asked for everything of theirs to be deleted, and how far that is. The receipt outlives the user, without
-- their id.
create table chatkeep.erasure (
    receipt      uuid primary key,
    user_id      uuid unique,
    requested_at timestamptz not null,
    finished_at  timestamptz,
    chats        bigint not null default 0,
    messages     bigint not null default 0,
    constraint erasure_finished_valid check ((user_id is null) = (finished_at is not null))
);
