import java.sql.*;

public class Main {
    public static void main(String[] args) throws Exception {
        Connection c = DriverManager.getConnection("jdbc:x");
        c.createStatement().executeUpdate("DELETE FROM t");
    }
}
