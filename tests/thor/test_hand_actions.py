"""Picking up, putting down and dropping; asked of the engine in process."""

from __future__ import annotations

import math

import pytest

from tests.thor.steps import Steps, bottom, top, vector

TABLE, BOWL, VASE, BED, STAND, TELEVISION = "3|0|0", "small|3|1", "small|3|0", "2|0", "3|1", "3|1|1"


@pytest.fixture
def step() -> Steps:
    return Steps()


def test_a_held_thing_goes_with_the_agent_and_is_drawn_in_front_of_it(step):
    assert step("PickupObject", objectId=VASE)["actionReturn"] == VASE
    event = step("LookUp")
    hand = [event["heldObjectPose"]["position"][axis] for axis in "xyz"]
    assert [step[VASE]["position"][axis] for axis in "xyz"] == pytest.approx(hand)
    assert hand == pytest.approx([4.75 + 0.38, 0.901 + 0.675 - 0.16, 1.5])
    version = step.version
    step("RotateRight")
    assert step.version > version
    placed = {item.object_id: item for item in step.engine.world.placed()}
    assert placed[VASE].position == pytest.approx((4.75, 0.901 + 0.675 - 0.16, 1.5 - 0.38))
    assert step[VASE]["isPickedUp"] and step[VASE]["visible"] and step[VASE]["parentReceptacles"] is None
    assert VASE not in step[TABLE]["receptacleObjectIds"] and VASE not in step.engine.world.scene


def test_the_hand_holds_one_thing_and_only_what_can_be_picked_up(step):
    assert "must have the property CanPickup" in step.refused("PickupObject", objectId=BED, forceAction=True)
    assert "must have the property CanPickup" in step.refused("PickupObject", objectId="Floor", forceAction=True)
    step("PickupObject", objectId=VASE)
    assert "has something in it already" in step.refused("PickupObject", objectId=BOWL)


def test_what_lies_in_a_pot_is_carried_and_put_down_with_it(step):
    pot, egg = (step.spawn(kind, kind.lower(), position=vector(0, -20, 0)) for kind in ("Pot", "Egg"))
    step("InitialRandomSpawn", objectIds=[pot], receptacleObjectIds=[TABLE])
    step("InitialRandomSpawn", objectIds=[egg], receptacleObjectIds=[pot])
    assert step[pot]["receptacleObjectIds"] == [egg]

    def offset() -> list[float]:
        return [step[egg]["position"][axis] - step[pot]["position"][axis] for axis in "xyz"]

    before = offset()
    step("PickupObject", objectId=pot, forceAction=True)
    assert [item["objectId"] for item in step("Pass")["inventoryObjects"]] == [pot]
    assert step[egg]["isPickedUp"] and step[egg]["parentReceptacles"] == [pot]
    assert offset()[1] == pytest.approx(before[1]) and math.hypot(*offset()) == pytest.approx(math.hypot(*before))
    step("PutObject", objectId=TABLE, forceAction=True)
    assert step[pot]["receptacleObjectIds"] == [egg] and not step[egg]["isPickedUp"]
    assert math.hypot(*offset()) == pytest.approx(math.hypot(*before)) and bottom(step[egg]) > top(step[TABLE])


def test_a_thing_is_put_at_the_free_place_nearest_to_the_agent(step):
    step("PickupObject", objectId=VASE)
    step("PutObject", objectId=TABLE)
    item, table = step[VASE], step[TABLE]
    assert bottom(item) == pytest.approx(top(table)) and item["parentReceptacles"] == [TABLE]
    assert item["position"]["x"] - table["axisAlignedBoundingBox"]["center"]["x"] < -0.5
    assert not step.engine.world.scene.collides(step.engine.world.scene[VASE]) and not step.engine.world.hand


def test_putting_down_has_the_rules_of_the_real_engine(step):
    assert "isn't holding anything" in step.refused("PutObject", objectId=TABLE)
    step("PickupObject", objectId=VASE)
    assert "NOT a receptacle" in step.refused("PutObject", objectId=TELEVISION, forceAction=True)
    assert "within the specified visibility" in step.refused("PutObject", objectId=STAND)
    fridge = step.spawn("Fridge", "fridge", position=vector(7.2, 1, 2.5))
    assert "CLOSED" in step.refused("PutObject", objectId=fridge, forceAction=True)
    step("OpenObject", objectId=fridge, forceAction=True)
    step("DropHandObject")
    step("PickupObject", objectId=BOWL, forceAction=True)
    step("PutObject", objectId=fridge, forceAction=True)
    assert step[fridge]["receptacleObjectIds"] == [BOWL] and 0.1 < bottom(step[BOWL]) < top(step[fridge])


def test_things_that_do_not_belong_there_need_force(step):
    shaker = step.spawn("TeddyBear", "bear", position=vector(4.5, 0.2, 3))
    step("PickupObject", objectId=shaker, forceAction=True)
    assert "cannot be placed in" in step.refused("PutObject", objectId=TABLE)
    step("PutObject", objectId=TABLE, forceAction=True)


def test_a_full_table_refuses(step):
    for name in ("a", "b", "c", "d", "e", "f", "g", "h"):
        step("PickupObject", objectId=step.spawn("Laptop", name, position=vector(9, 9, 9)), forceAction=True)
        event = step.engine.run("PutObject", {"objectId": "3|0|1", "forceAction": True})
        if not event["lastActionSuccess"]:
            assert event["errorMessage"] == "No valid positions to place object found" and name != "a"
            return
    raise AssertionError("a chair took eight laptops")


def test_a_towel_hangs_on_its_holder_and_nothing_else_does(step):
    holder = step.spawn("TowelHolder", "holder", position=vector(5, 1.2, 0.1))
    step("PickupObject", objectId=VASE)
    assert "not a valid Object Type" in step.refused("PutObject", objectId=holder, forceAction=True)
    step("DropHandObject", forceAction=True)
    step("PickupObject", objectId=step.spawn("Towel", "towel", position=vector(9, 9, 9)), forceAction=True)
    step("PutObject", objectId=holder, forceAction=True)
    assert step["towel"]["parentReceptacles"] == [holder] and top(step["towel"]) == pytest.approx(top(step[holder]))
    step("PickupObject", objectId=step.spawn("Towel", "second", position=vector(9, 9, 9)), forceAction=True)
    assert "currently full" in step.refused("PutObject", objectId=holder, forceAction=True)


def test_what_is_dropped_lies_below_the_hand_and_beside_the_feet(step):
    assert "Nothing in hand" in step.refused("DropHandObject")
    step("PickupObject", objectId=VASE)
    step("RotateLeft")
    step("DropHandObject")
    item = step[VASE]
    assert bottom(item) == pytest.approx(0) and item["parentReceptacles"] == ["Floor"]
    assert item["position"]["z"] > 1.5 + 0.2 and item["position"]["x"] == pytest.approx(4.75)
    assert not step("Pass")["inventoryObjects"] and len(step("GetReachablePositions")["actionReturn"]) > 100


def test_over_a_table_it_lands_on_the_table(step):
    step("PickupObject", objectId=VASE)
    step("LookUp")
    step("DropHandObject")
    assert bottom(step[VASE]) == pytest.approx(top(step[TABLE])) and step[VASE]["parentReceptacles"] == [TABLE]
