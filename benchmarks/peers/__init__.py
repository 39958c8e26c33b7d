"""The same two routes, written well in other ways: PUT and GET /hello/<letters> on the table `people`."""
