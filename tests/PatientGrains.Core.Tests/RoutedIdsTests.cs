using PatientGrains.Core.Record;

namespace PatientGrains.Core.Tests;

public class RoutedIdsTests
{
    private readonly RoutedIds _ids = new(new byte[32]);

    [Fact]
    public void An_id_tells_whoever_has_the_key_its_log_and_is_the_same_for_the_same()
    {
        var random = new Random(1);
        var asked = new byte[36];
        for (int i = 0; i < 1000; i++)
        {
            random.NextBytes(asked);
            var log = new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64() * 3);
            string id = _ids.Make(log, asked);
            Assert.Equal(RoutedIds.Length, id.Length);
            Assert.All(id, c => Assert.True(c is (>= 'a' and <= 'z') or (>= '2' and <= '7')));
            Assert.Equal(log, _ids.LogOf(id));
            Assert.Equal(id, _ids.Make(log, asked));
        }
    }

    [Fact]
    public void Ids_of_one_log_have_nothing_in_common_and_those_of_two_logs_neither()
    {
        var made = new HashSet<string>();
        var common = new int[RoutedIds.Length];
        string first = _ids.Make(7, [0]);
        for (byte asked = 1; asked < 255; asked++)
        {
            string id = _ids.Make(7, [asked]);
            Assert.True(made.Add(id));
            Assert.True(made.Add(_ids.Make(8, [asked])));
            for (int i = 0; i < id.Length; i++)
                common[i] += id[i] == first[i] ? 1 : 0;
        }
        // One in 32 by chance: 8 of 254; 30 would be a bias of eight standard deviations.
        Assert.All(common, count => Assert.InRange(count, 0, 30));
    }

    [Fact]
    public void With_another_key_an_id_leads_elsewhere()
    {
        var other = new RoutedIds(Enumerable.Repeat((byte)1, 32).ToArray());
        Assert.NotEqual(_ids.LogOf(_ids.Make(7, [1])), other.LogOf(_ids.Make(7, [1])));
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA")]
    [InlineData("1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void What_has_another_form_is_no_routed_id(string id) => Assert.Null(_ids.LogOf(id));
}
