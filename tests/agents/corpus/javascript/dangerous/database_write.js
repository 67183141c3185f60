db.query("DELETE FROM users");
