"""The sample data: the same in each run, and true to the schema."""

from benchmarks.routes.data import ACCOUNTS, ITEMS, LINES, ORDERS, QUERIES, SampleData


def test_data_is_the_same_in_each_run(data: SampleData) -> None:
    again = SampleData(data.names)
    assert (again.items, again.orders) == (data.items, data.orders)


def test_ids_are_of_version_7_and_grow_with_time(data: SampleData) -> None:
    ids = [item.id for item in data.items]
    assert {one.version for one in ids} == {7}
    assert ids == sorted(set(ids))
    assert (len(ids), len(data.orders), len(data.accounts)) == (ITEMS, ORDERS, ACCOUNTS)


def test_an_order_costs_what_its_lines_cost(data: SampleData) -> None:
    order = data.orders[0]
    lines = list(order.lines)
    assert len(lines) == LINES
    assert sum(line[4] * line[5] for line in lines) == order.row[4]  # type: ignore[operator]
    assert order.customer_id == data.accounts[order.account]


def test_each_query_finds_a_page(data: SampleData) -> None:
    words = [set(item.title.lower().split()) for item in data.items]
    fewest = min(sum(set(query.split()) <= found for found in words) for query in QUERIES)
    assert fewest > 20
