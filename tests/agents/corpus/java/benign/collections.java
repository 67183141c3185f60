import java.util.*;
import java.util.stream.*;

public class Main {
    public static void main(String[] args) throws Exception {
        List<Integer> l = new ArrayList<>(List.of(3, 1, 2));
        l.remove(Integer.valueOf(3));
        Map<String, Integer> m = new HashMap<>();
        m.put("a", 1);
        m.remove("a");
        System.out.println(l.stream().map(x -> x * 2).collect(Collectors.toList()) + " " + m);
    }
}
