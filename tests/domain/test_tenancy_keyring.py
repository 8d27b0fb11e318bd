"""A tenant's key: outside the database, and destroyed for good (S1, S3, S4)."""

import pytest

from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import Unopenable
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.tenancy.keyring import Keyring

PLACE = {"table": "alert_events", "column": "body", "row": "1"}


@pytest.fixture
def tenant() -> TenantId:
    return TenantId(new_uuid())


async def test_what_one_process_seals_another_opens(settings: Settings, db_app: Database, tenant: TenantId) -> None:
    async with tenant_tx(db_app, tenant) as tx:
        sealed = (await Keyring.open(settings).create(tx)).seal(b"secret", **PLACE)
    async with tenant_tx(db_app, tenant) as tx:
        assert (await Keyring.open(settings).cipher(tx)).open_(sealed, **PLACE) == b"secret"


async def test_making_a_key_twice_keeps_the_first(settings: Settings, db_app: Database, tenant: TenantId) -> None:
    async with tenant_tx(db_app, tenant) as tx:
        sealed = (await Keyring.open(settings).create(tx)).seal(b"secret", **PLACE)
        assert (await Keyring.open(settings).create(tx)).open_(sealed, **PLACE) == b"secret"


async def test_a_rotated_key_seals_and_the_old_one_still_opens(
    settings: Settings, db_app: Database, tenant: TenantId
) -> None:
    keyring = Keyring.open(settings)
    async with tenant_tx(db_app, tenant) as tx:
        old = await keyring.create(tx)
        sealed = old.seal(b"secret", **PLACE)
        new = await keyring.rotate(tx)
    assert (old.version, new.version) == (1, 2)
    assert new.open_(sealed, **PLACE) == b"secret"
    with pytest.raises(Unopenable):
        old.open_(new.seal(b"later", **PLACE), **PLACE)


async def test_another_tenants_cipher_opens_nothing(settings: Settings, db_app: Database, tenant: TenantId) -> None:
    keyring = Keyring.open(settings)
    async with tenant_tx(db_app, tenant) as tx:
        sealed = (await keyring.create(tx)).seal(b"secret", **PLACE)
    async with tenant_tx(db_app, TenantId(new_uuid())) as tx:
        with pytest.raises(Unopenable):
            (await keyring.create(tx)).open_(sealed, **PLACE)


async def test_nothing_opens_once_the_key_is_destroyed_though_the_database_is_whole(
    settings: Settings, db_app: Database, tenant: TenantId
) -> None:
    keyring = Keyring.open(settings)
    async with tenant_tx(db_app, tenant) as tx:
        await keyring.create(tx)
    assert await keyring.destroy(tenant)
    assert not await keyring.destroy(tenant)
    for process in (keyring, Keyring.open(settings)):
        async with tenant_tx(db_app, tenant) as tx:
            with pytest.raises(NotFound):
                await process.cipher(tx)


async def test_a_tenant_without_a_key_gets_no_cipher(settings: Settings, db_app: Database, tenant: TenantId) -> None:
    async with tenant_tx(db_app, tenant) as tx:
        with pytest.raises(NotFound):
            await Keyring.open(settings).cipher(tx)
