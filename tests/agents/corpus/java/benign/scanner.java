import java.util.*;

public class Main {
    public static void main(String[] args) throws Exception {
        Scanner s = new Scanner(System.in);
        while (s.hasNextInt()) System.out.println(s.nextInt());
    }
}
