-- Someone who owns chats. user_id is made by the server and never changes; every table of a user's things begins with it.
create table chatkeep.app_user (
    user_id    uuid primary key,
    is_guest   boolean not null,
    created_at timestamptz not null
);

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

-- A sign-in.
create table chatkeep.session (
    user_id    uuid not null references chatkeep.app_user on delete cascade,
    id         uuid not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (user_id, id)
);

-- From the secret a client shows to the session it opens. Unique over all users, hence keyed by the secret's SHA-256.
create table chatkeep.session_token (
    token_hash text collate "C" primary key,
    user_id    uuid not null,
    session_id uuid not null,
    expires_at timestamptz not null,
    foreign key (user_id, session_id) references chatkeep.session (user_id, id) on delete cascade
);
create index session_token_session_idx on chatkeep.session_token (user_id, session_id);
