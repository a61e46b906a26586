using Google.Protobuf;
using PatientGrains.Grpc.Rpc;
using PatientGrains.Grpc.Wire;

namespace PatientGrains.Grpc.Tests.Wire;

public class StatusTextTests
{
    [Theory]
    [InlineData("plain text ~", "plain text ~")]
    [InlineData("50%", "50%25")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("☃", "%E2%98%83")]
    [InlineData("\u007f", "%7F")]
    public void A_message_is_percent_encoded(string message, string encoded)
    {
        Assert.Equal(encoded, StatusText.Encode(message));
        Assert.Equal(message, StatusText.Decode(encoded));
    }

    [Theory]
    [InlineData("50%", "50%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz!", "%zz!")]
    [InlineData("%e2%98%83", "☃")]
    public void What_is_badly_encoded_is_shown_as_it_is(string encoded, string message) =>
        Assert.Equal(message, StatusText.Decode(encoded));

    [Theory]
    [InlineData("!")]
    [InlineData("////")]
    [InlineData("A")]
    public void Details_that_cannot_be_read_do_not_hide_the_status(string details)
    {
        var status = StatusText.Parse(5, "gone", details);
        Assert.Equal((5, "gone", 0), (status.Code, status.Message, status.Details.Count));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Details_are_read_with_padding_and_without(int more)
    {
        var error = new GrpcException(GrpcCode.NotFound, "", new ErrorInfo { Reason = new string('x', 8 + more) });
        string padded = Convert.ToBase64String(error.ToStatus().ToByteArray());
        foreach (string text in (string[])[padded, padded.TrimEnd('=')])
            Assert.Equal(error.ToStatus().Details, StatusText.Parse(5, "", text).Details);
    }
}
