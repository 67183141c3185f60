import java.util.*;

class Repository {
    private final Map<Integer, String> items = new TreeMap<>();

    void delete(int id) {
        items.remove(id);
    }

    void write(String s) {
        items.put(1, s);
    }
}

public class Main {
    public static void main(String[] args) {
        Repository r = new Repository();
        r.write("x");
        r.delete(1);
    }
}
