def test_would_pass():
    pass
