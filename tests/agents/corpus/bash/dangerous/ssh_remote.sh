ssh host id
